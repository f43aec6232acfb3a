"""How dates, times and numbers are written in each language, where Django's own way is not ours.

Read by Django through FORMAT_MODULE_PATH; what a language does not say here is as Django says it.
"""
