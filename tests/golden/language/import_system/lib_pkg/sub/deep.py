from ..helper import public
from .. import value as up_two
from . import __name__ as package_name


def where():
    return __name__, public, package_name
