"""Models in ONNX files to specs; a file is looked through before it is read."""
