from . import value
public = f"public {value}"
_hidden = 1
also = 2
