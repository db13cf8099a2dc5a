try:
    from lib_circle_c import name
    error = None
except ImportError as e:
    error = str(e).split(" (most")[0], type(e).__name__
