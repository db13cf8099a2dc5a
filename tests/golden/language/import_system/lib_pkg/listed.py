__all__ = ["_in_all", "sub_in_all"]
_in_all = "listed"
not_in_all = 1
sub_in_all = 2
