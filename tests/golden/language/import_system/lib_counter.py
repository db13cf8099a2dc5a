"counts its imports"
count = 1


def bump():
    global count
    count += 1
    return count
