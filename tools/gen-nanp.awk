# Rows of a struct area from common/address/data/nanp.tsv: geographic area codes, ascending.
BEGIN { FS = "\t" }
$2 == "geographic" { printf "{%d, \"%s\"},\n", $1, $3 | "LC_ALL=C sort -n -t'{' -k2,2" }
