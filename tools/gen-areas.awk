# Rows of a struct area from common/address/data/nanp.tsv: where a code is, ascending.
BEGIN { FS = "\t" }
$2 == "geographic" { printf "{%d, \"%s\", \"%s\"},\n", $1, $4, $5 | "LC_ALL=C sort -n -t'{' -k2,2" }
