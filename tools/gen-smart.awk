# Rows of a struct substitute from common/sms/data/smart.tsv, in the order of the file.
BEGIN {
	FS = "\t"
	word["SPACE"] = " "
	word["LF"] = "\\n"
	word["NOTHING"] = ""
}
/^#/ || $1 == "codes" { next }
{
	to = $2 in word ? word[$2] : $2
	if (to == "\"")
		to = "\\\""
	n = split($1, codes, " ")
	for (i = 1; i <= n; i++) {
		first = last = codes[i]
		sub("-.*", "", first)
		sub(".*-", "", last)
		printf "{0x%s, 0x%s, \"%s\"},\n", first, last, to
	}
}
