"""`crowkis` and `python -m crowkis`: hands over to the command line."""

from crowkis.cli import main

if __name__ == "__main__":
    main()
