"""Content that contradicts the status line: errors under success, the wrong error."""
