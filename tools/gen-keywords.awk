BEGIN { FS = "\t" }
