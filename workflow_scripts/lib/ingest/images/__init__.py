"""Radiographs and other images: decoded from whatever they come as, made grey and upright, one of them standing for each patient."""
