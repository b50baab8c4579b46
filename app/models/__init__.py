"""What thinks for us, behind ports: embedder and extractor."""
