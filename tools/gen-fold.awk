# Rows of a struct fold from common/line/data/fold.tsv, which is in ascending order.
BEGIN { FS = "\t" }
/^#/ || $1 == "code" { next }
{ printf "{0x%s, \"%s\"},\n", $1, $2 }
