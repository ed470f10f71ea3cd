/*
 * What one core does natively: SHA-256 of the last block of 52 bytes from a midstate, the nonce in word 12, so that the
 * first 12 rounds are done once. LANES nonces in a vector (GCC's vector extension), or four interleaved with the
 * processor's own SHA instructions where SHA_NI is defined. Prints millions of hashes a second, the best of some rounds.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#ifdef SHA_NI
#include <immintrin.h>
#endif

enum { VARIED = 12, HASHES = 1 << 18, ROUNDS = 40 };

static uint32_t k[64], iv[8];

static uint32_t root(uint32_t n, int cube) {
  long double low = 0, high = n;
  for (int i = 0; i < 200; i++) {
    long double middle = (low + high) / 2;
    if ((cube ? middle * middle * middle : middle * middle) < n) low = middle;
    else high = middle;
  }
  return (uint32_t)((low - (uint32_t)low) * 4294967296.0L);
}

static void constants(void) {
  for (int n = 2, found = 0; found < 64; n++) {
    int prime = 1;
    for (int d = 2; d * d <= n; d++) prime &= n % d != 0;
    if (!prime) continue;
    k[found] = root(n, 1);
    if (found < 8) iv[found] = root(n, 0);
    found++;
  }
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

#define ROTR(x, n) (((x) >> (n)) | ((x) << (32 - (n))))
#define S0(x) (ROTR(x, 2) ^ ROTR(x, 13) ^ ROTR(x, 22))
#define S1(x) (ROTR(x, 6) ^ ROTR(x, 11) ^ ROTR(x, 25))
#define s0(x) (ROTR(x, 7) ^ ROTR(x, 18) ^ ((x) >> 3))
#define s1(x) (ROTR(x, 17) ^ ROTR(x, 19) ^ ((x) >> 10))
#define ROUND(a, b, c, d, e, f, g, h, i, w)                              \
  h += S1(e) + (g ^ (e & (f ^ g))) + k[i] + (w);                         \
  d += h;                                                                \
  h += S0(a) + ((a & b) | (c & (a | b)));

static uint32_t words[16], entry[8];

static void prepare(void) {
  memcpy(entry, iv, sizeof entry);
  for (int i = 0; i < 12; i++) words[i] = i * 0x9e3779b9u;
  words[13] = 0x80000000u;
  words[15] = 52 * 8;
  for (int i = 0; i < VARIED; i++) {
    uint32_t *s = entry, t = s[7] + S1(s[4]) + (s[6] ^ (s[4] & (s[5] ^ s[6]))) + k[i] + words[i];
    uint32_t u = S0(s[0]) + ((s[0] & s[1]) | (s[2] & (s[0] | s[1])));
    memmove(s + 1, s, 28);
    s[4] += t;
    s[0] = t + u;
  }
}

#ifdef SHA_NI
/* Rounds 12 to 63 of four nonces, interleaved: the instruction takes four cycles, and one can start every two. */
static uint32_t search(uint32_t nonce) {
  __m128i abef[4], cdgh[4], m[4][4];
  for (int j = 0; j < 4; j++) {
    abef[j] = _mm_set_epi32(entry[0], entry[1], entry[4], entry[5]);
    cdgh[j] = _mm_set_epi32(entry[2], entry[3], entry[6], entry[7]);
    for (int q = 0; q < 4; q++) m[j][q] = _mm_loadu_si128((const __m128i *)(words + 4 * q));
    m[j][3] = _mm_insert_epi32(m[j][3], nonce + j, 0);
  }
#pragma GCC unroll 13
  for (int q = 3; q < 16; q++) {
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
      __m128i *w = &m[j][q & 3];
      if (q > 3) {
        __m128i last = m[j][(q + 3) & 3], before = m[j][(q + 2) & 3];
        __m128i t = _mm_add_epi32(_mm_sha256msg1_epu32(*w, m[j][(q + 1) & 3]), _mm_alignr_epi8(last, before, 4));
        *w = _mm_sha256msg2_epu32(t, last);
      }
      __m128i kw = _mm_add_epi32(*w, _mm_loadu_si128((const __m128i *)(k + 4 * q)));
      cdgh[j] = _mm_sha256rnds2_epu32(cdgh[j], abef[j], kw);
      abef[j] = _mm_sha256rnds2_epu32(abef[j], cdgh[j], _mm_shuffle_epi32(kw, 0x0e));
    }
  }
  uint32_t least = ~0u;
  for (int j = 0; j < 4; j++) {
    uint32_t top = _mm_extract_epi32(abef[j], 3) + iv[0];
    if (top < least) least = top;
  }
  return least;
}
enum { GROUP = 4 };
#else
typedef uint32_t vec __attribute__((vector_size(4 * LANES)));
enum { GROUP = LANES };

static uint32_t search(uint32_t nonce) {
  vec s[8], w[16];
  for (int i = 0; i < 8; i++) s[i] = (vec){0} + entry[i];
  for (int i = 0; i < 16; i++) w[i] = (vec){0} + words[i];
  for (int i = 0; i < LANES; i++) w[VARIED][i] = nonce + i;
#pragma GCC unroll 52
  for (int i = VARIED; i < 64; i++) {
    if (i > 15) w[i & 15] += s1(w[(i + 14) & 15]) + w[(i + 9) & 15] + s0(w[(i + 1) & 15]);
    int r = VARIED - i;
#define V(n) s[(n + r + 64) & 7]
    ROUND(V(0), V(1), V(2), V(3), V(4), V(5), V(6), V(7), i, w[i & 15])
  }
  vec top = s[(0 + VARIED - 64 + 128) & 7] + iv[0];
  uint32_t least = ~0u;
  for (int i = 0; i < LANES; i++) least = top[i] < least ? top[i] : least;
  return least;
}
#endif

int main(void) {
  constants();
  prepare();
  double best = 0;
  uint32_t least = ~0u;
  for (int round = 0; round < ROUNDS; round++) {
    double started = now();
    for (uint32_t n = 0; n < HASHES; n += GROUP) {
      uint32_t top = search(n);
      least = top < least ? top : least;
    }
    double rate = HASHES / (now() - started) / 1e6;
    if (rate > best) best = rate;
  }
  printf("%.2f %u\n", best, least);
  return 0;
}
