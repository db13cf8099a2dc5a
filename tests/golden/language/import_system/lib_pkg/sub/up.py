from .. import value
from . import deep as sibling
from .deep import where
from_parent = value, where()[0]
