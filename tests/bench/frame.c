/*
 * frame: makes a journal (applets/lib/store/journal.h) of what comes on
 * stdin: records of a u32 length and bytes. Standing alone, it also says what
 * a file looks like that the archiver has to understand.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

/* SipHash-1-3 under the key of zeros, its lower half. */
static uint32_t check(const unsigned char *p, size_t n)
{
	uint64_t v[4] = { 0x736f6d6570736575, 0x646f72616e646f6d,
		0x6c7967656e657261, 0x7465646279746573 };

	for (size_t i = 0; i <= n / 8; i++) {
		size_t left = n - i * 8 < 8 ? n - i * 8 : 8;
		uint64_t word = left < 8 ? (uint64_t)n << 56 : 0;

		for (size_t k = 0; k < left; k++)
			word |= (uint64_t)p[i * 8 + k] << 8 * k;
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return (uint32_t)(v[0] ^ v[1] ^ v[2] ^ v[3]);
}

int main(void)
{
	unsigned char *p = NULL;
	uint32_t n, sum;

	while (fread(&n, 4, 1, stdin) == 1) {
		p = realloc(p, n + 1);
		if (p == NULL || fread(p, 1, n, stdin) != n)
			return 1;
		sum = check(p, n);
		if (fwrite(&n, 4, 1, stdout) != 1 ||
		    fwrite(&sum, 4, 1, stdout) != 1 ||
		    fwrite(p, 1, n, stdout) != n)
			return 1;
	}
	free(p);
	return fflush(stdout) == 0 ? 0 : 1;
}
