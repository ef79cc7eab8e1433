# Rows of a struct share from common/policy/data/shares.tsv, by country and channel.
BEGIN { FS = "\t" }
/^#/ || $1 == "country" { next }
{ printf "{\"%s\", \"%s\", %d},\n", $1, $2, $3 | "LC_ALL=C sort" }
