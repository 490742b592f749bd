"""How pages write dates and times, by language: FORMAT_MODULE_PATH. What a file lacks is as in Django."""
