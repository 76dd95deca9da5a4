"""What tokens of models cost: the list of a package, behind a file of the user's own. Nothing is asked of a network."""
