import lib_circle_a
saw = lib_circle_a.a_early, hasattr(lib_circle_a, "a_late")
try:
    lib_circle_a.a_late
except AttributeError as e:
    saw += (str(e).split(" (")[0],)


def get_a():
    return lib_circle_a.a_late
