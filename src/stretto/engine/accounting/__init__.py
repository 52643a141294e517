"""Money and tokens: the quote, the budget, what was reserved and what was used."""
