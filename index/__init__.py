"""Turns files into passages and finds them."""

from index.catalog import DocumentInfo
from index.chunking import header as passage_header
from index.embedding import BUNDLED, Embedder, TransformerEmbedder, Vectors, bundled_model
from index.errors import (
    CitebackError,
    DocumentNotFound,
    EmptyFile,
    EncryptedFile,
    FolderError,
    ModelError,
    NoText,
    ReadError,
    StoreClosed,
    StoreError,
    UnsupportedFormat,
)
from index.folder import existing_folder
from index.reader import Reader, ReaderHead, points_back, reading
from index.reranking import ByPassage, BySentence, CrossEncoderReranker, Reordering, Reranker, log_odds
from index.schema import (
    Block,
    Box,
    Chunk,
    Document,
    Failure,
    Limits,
    Origin,
    Page,
    Picture,
    PrintedPage,
    Progress,
    ProgressCallback,
    ScoredChunk,
    Span,
    SyncReport,
    Where,
)
from index.sentences import sentence_spans
from index.store import Index
from index.vocabulary import Vocabulary

__all__ = [
    "BUNDLED",
    "Block",
    "Box",
    "ByPassage",
    "BySentence",
    "Chunk",
    "CitebackError",
    "CrossEncoderReranker",
    "Document",
    "DocumentInfo",
    "DocumentNotFound",
    "Embedder",
    "EmptyFile",
    "EncryptedFile",
    "Failure",
    "FolderError",
    "Index",
    "Limits",
    "ModelError",
    "NoText",
    "Origin",
    "Page",
    "Picture",
    "PrintedPage",
    "Progress",
    "ProgressCallback",
    "ReadError",
    "Reader",
    "ReaderHead",
    "Reordering",
    "Reranker",
    "ScoredChunk",
    "Span",
    "StoreClosed",
    "StoreError",
    "SyncReport",
    "TransformerEmbedder",
    "UnsupportedFormat",
    "Vectors",
    "Vocabulary",
    "Where",
    "bundled_model",
    "existing_folder",
    "log_odds",
    "passage_header",
    "points_back",
    "reading",
    "sentence_spans",
]
