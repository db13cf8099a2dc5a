import lib_circle_d
error = lib_circle_d.error
name = "c"
