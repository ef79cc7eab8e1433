# Strings from common/policy/data/shorteners.tsv.
BEGIN { FS = "\t" }
/^#/ || $1 == "domain" { next }
{ printf "\"%s\",\n", $1 }
