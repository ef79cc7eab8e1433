# Rows of a struct plan from common/address/data/e164.tsv, in the order of the codes' digits.
BEGIN { FS = "\t" }
/^#/ || $1 == "calling_code" { next }
{
	n = split($8, lengths, ",")
	mask = 0
	for (i = 1; i <= n; i++)
		mask += 2 ^ lengths[i]
	# A code of the world, not of a country ("001 (not a country)"), has no region.
	region = $2 ~ /^001/ ? "" : $2
	# Where a number may begin with 0 nothing can be dropped from it.
	trunk = $15 == "yes" ? "" : $13
	printf "{\"%s\", \"%s\", \"%s\", \"%s\", %uu, %s},\n", $1, region, $5, trunk, mask, $3 == "yes" ? "true" : "false" | "LC_ALL=C sort -s -t'\"' -k2,2"
}
