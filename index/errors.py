"""Every error the index raises on purpose.

CitebackError                  anything Citeback raises on purpose; `str(error)` is one line a user can act on
├── ReadError                  one file could not be read; the others go on
│   ├── EmptyFile              no characters in it
│   ├── EncryptedFile          a password is needed
│   ├── FileChanged            the file is no longer as it was read
│   ├── NoText                 pages, but no text (a scan)
│   ├── LimitReached           reading it takes more memory, or gives more text, than may be
│   └── UnsupportedFormat      not a format we read
├── FolderError                the folder (or file) to index does not exist or cannot be listed
├── ModelError                 the embedding model is missing, altered, or not the one the index was made with
└── StoreError                 the index on disk cannot be opened or written
    ├── StoreClosed            it was closed, by whoever opened it
    └── DocumentNotFound       no document has that id
"""


class CitebackError(Exception):
    """Anything Citeback raises on purpose; its text names the value, the limit and the fix."""


class ReadError(CitebackError):
    """One file could not be read."""


class EmptyFile(ReadError):
    """The file holds no characters."""


class EncryptedFile(ReadError):
    """The file needs a password."""


class FileChanged(ReadError):
    """The file is no longer as it was read."""


class NoText(ReadError):
    """The file has pages but no text."""


class LimitReached(ReadError):
    """Reading the file takes more memory, or gives more text, than may be: with other limits it may be read."""


def out_of_memory(source: str) -> LimitReached:
    """The error for a file, or a part of one, that ran into the limit on memory."""
    return LimitReached(
        f"{source} needs more memory to read than it may take; split it or raise the limit (CITEBACK_READ_MEMORY_MB)"
    )


class UnsupportedFormat(ReadError):
    """The file's content is not a format we read."""


class FolderError(CitebackError):
    """The folder to index does not exist or cannot be listed."""


class ModelError(CitebackError):
    """The embedding model is missing, altered, or not the one the index was made with."""


class StoreError(CitebackError):
    """The index on disk cannot be opened or written."""


class StoreClosed(StoreError):
    """The index was closed, by whoever opened it."""


class DocumentNotFound(StoreError):
    """No document has that id."""
