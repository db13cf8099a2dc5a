"a module with __getattr__"
real = "real"


def __getattr__(name):
    if name == "forbidden":
        raise AttributeError(f"no {name} here")
    return f"dynamic {name}"


def __dir__():
    return ["real", "dynamic"]
