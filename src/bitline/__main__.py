"""`python -m bitline` is the command line."""

from bitline.cli import main

if __name__ == "__main__":
    main()
