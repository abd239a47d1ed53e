"""Modalities that are not tables of covariates, as few numbers per patient."""
