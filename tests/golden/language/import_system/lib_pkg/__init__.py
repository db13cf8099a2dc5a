"the package"
value = "package value"
_private = 1
