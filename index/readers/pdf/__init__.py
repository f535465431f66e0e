"""PDF files: text, pages and blocks by pdfium's characters and their print; boxes and pictures of pages."""
