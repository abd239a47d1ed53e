"""Radiomics: images made alike, cut into patches, and what the patches' texture measures."""
