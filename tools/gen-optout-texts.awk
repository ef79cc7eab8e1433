# Rows of a struct optout_text from common/policy/data/optout-texts.tsv, in the order of the file.
BEGIN { FS = "\t" }
/^#/ || $1 == "language" { next }
{ printf "{\"%s\", \"%s\", \"%s\", \"%s\"},\n", $1, $2, $3, $4 }
