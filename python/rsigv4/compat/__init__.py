"""Drop-ins for other signers: packages with their names. Change the import, and nothing else."""
