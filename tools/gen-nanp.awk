# Rows of a struct area from common/address/data/nanp.tsv: area codes that belong to a country, ascending.
BEGIN { FS = "\t" }
$2 == "geographic" || $3 ~ /^[A-Z][A-Z]$/ { printf "{%d, \"%s\"},\n", $1, $3 | "LC_ALL=C sort -n -t'{' -k2,2" }
