"""Keeps a mounted file system busy in ways that follow from a seed, and leaves its log in use.

usage: busy.py FOLDER SEED ROUNDS
"""
import os
import random
import sys

# What a journal block begins with: such content has to be escaped in a log that holds it.
JOURNAL_MAGIC = b"\xc0\x3b\x39\x98"


def some(rand, folder):
    found = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    return rand.choice(found) if found else None


def step(rand, root):
    folder = os.path.join(root, "d%d" % rand.randrange(6))
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "f%d" % rand.randrange(60))
    choice = rand.randrange(12)
    if choice < 5:
        with open(path, "wb") as file:
            file.write(JOURNAL_MAGIC if rand.random() < 0.5 else b"data")
            file.write(rand.randbytes(rand.choice([10, 3000, 20000, 100000])))
            if rand.random() < 0.3:
                file.flush()
                os.fsync(file.fileno())
    elif choice == 5 and os.path.exists(path):
        os.truncate(path, rand.randrange(200000))
    elif choice == 6 and os.path.exists(path):
        os.rename(path, os.path.join(folder, "r%d" % rand.randrange(60)))
    elif choice == 7:
        os.symlink("x" * rand.choice([5, 100]), os.path.join(folder, "s%d" % rand.randrange(10**9)))
    elif choice == 8 and os.path.exists(path):
        os.setxattr(path, "user.round", rand.randbytes(rand.choice([10, 500])))
    elif choice == 9:
        many = os.path.join(root, "m%d" % rand.randrange(10**9))
        os.mkdir(many)
        for number in range(rand.choice([3, 150])):
            open(os.path.join(many, "a name of some length %d" % number), "wb").close()
    elif choice == 10:
        # Blocks of directories come free and become blocks of files: the log revokes them.
        for many in [name for name in sorted(os.listdir(root)) if name.startswith("m")][:2]:
            for name in os.listdir(os.path.join(root, many)):
                os.unlink(os.path.join(root, many, name))
            os.rmdir(os.path.join(root, many))
    elif (victim := some(rand, folder)) is not None:
        os.unlink(victim)


def main():
    root, seed, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rand = random.Random(seed)
    for number in range(rounds):
        step(rand, root)
        if number % 40 == 39:
            os.sync()
    for name in sorted(os.listdir(root)):
        if os.path.isdir(os.path.join(root, name)):
            handle = os.open(os.path.join(root, name), os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)


main()
