"""Training and scoring the judge: does a text support a claim?"""
