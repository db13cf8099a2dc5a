"doc of names"
name, doc, package = __name__, __doc__, __package__
main = __name__ == "__main__"
