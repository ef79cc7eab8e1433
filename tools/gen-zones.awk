# Rows of a struct country from common/policy/data/zones.tsv, ascending.
BEGIN { FS = "\t" }
/^#/ || $1 == "country" { next }
{ printf "{\"%s\", \"%s\"},\n", $1, $2 | "LC_ALL=C sort" }
