/* The yardstick for the compiler: the core's step written by hand in C for WebAssembly's SIMD, as one would write it for
   speed. Its sums are cut in two, as SIMD likes them, so its losses differ from the core's in the last digits.
   bench/compiler.py builds and times it; nothing else uses it. Sizes come from there: -DLAYERS=1 and so on. */
#include <wasm_simd128.h>

#define SIZE (EMBD / HEADS)
#define HIDDEN (4 * EMBD)
#define PER_LAYER (4 * EMBD * EMBD + 2 * HIDDEN * EMBD)
#define COUNT (EMBD * (2 * VOCAB + BLOCK) + LAYERS * PER_LAYER)
#define EACH(i, n) for (int i = 0; i < (n); i++)
#define EXPORT(name) __attribute__((export_name(#name))) void *get_##name(void) { return name; }

typedef double pair __attribute__((vector_size(16), aligned(8)));
typedef struct { double x[EMBD], normed[EMBD], scale, q[EMBD], k[EMBD], v[EMBD], mixed[EMBD], attention[HEADS][BLOCK],
                 middle[EMBD], normed2[EMBD], scale2, hidden[HIDDEN]; } layer;
typedef struct { double sum[EMBD], scale, x[EMBD], probs[VOCAB + 1]; layer layers[LAYERS]; } position;

static double weights[COUNT], grads[COUNT], mean[COUNT], square[COUNT], losses[256];
static int tokens[256][BLOCK + 1];
static position frames[BLOCK], back[BLOCK];
EXPORT(weights) EXPORT(mean) EXPORT(square) EXPORT(losses) EXPORT(tokens)

static const double EXP[] = {1.6059043836821613e-10, 2.08767569878681e-09, 2.505210838544172e-08, 2.755731922398589e-07,
    2.7557319223985893e-06, 2.48015873015873e-05, 1.984126984126984e-04, 1.388888888888889e-03, 8.333333333333333e-03,
    4.1666666666666664e-02, 1.6666666666666666e-01, 0.5, 1.0, 1.0};
static pair exp2lanes(pair x) {
    pair k = wasm_f64x2_nearest((v128_t)(x * 1.4426950408889634)), r = x - k * 6.93147180369123816490e-01
             - k * 1.90821492927058770002e-10, y = {EXP[0], EXP[0]};
    EACH(i, 13) y = y * r + EXP[i + 1];
    return y * (pair)wasm_i64x2_shl((v128_t)(k + (6755399441055744.0 + 1023)), 52);
}
static double logarithm(double x) {
    union { double d; unsigned long long u; } n = {x};
    double k = (double)(long long)(n.u >> 52) - 1022, y = 0;
    n.u = (n.u & 0xFFFFFFFFFFFFFull) | 0x3FE0000000000000ull;
    if (n.d < 0.7) { n.d *= 2; k -= 1; }
    double z = (n.d - 1) / (n.d + 1), square = z * z;
    for (int i = 21; i > 0; i -= 2) y = y * square + 2.0 / i;
    return k * 0.6931471805599453 + z * y;
}
static inline double dot(const double *a, const double *b, int n) {
    pair s = {0, 0};
    int i = 0;
    for (; i + 1 < n; i += 2) s += *(pair *)(a + i) * *(pair *)(b + i);
    return s[0] + s[1] + (i < n ? a[i] * b[i] : 0);
}
static inline void add(double *restrict y, double a, const double *restrict x, int n) { /* y += a x */
    int i = 0;
    for (; i + 1 < n; i += 2) *(pair *)(y + i) += a * *(pair *)(x + i);
    if (i < n) y[i] += a * x[i];
}
static inline void linear(double *y, const double *w, const double *x, int rows, int columns) {
    EACH(r, rows) y[r] = dot(w + r * columns, x, columns);
}
static inline void linear_back(const double *dy, const double *w, double *dw, const double *x, double *dx, int rows,
                               int columns) {
    EACH(r, rows) { add(dw + r * columns, dy[r], x, columns); add(dx, dy[r], w + r * columns, columns); }
}
static inline double norm(double *y, const double *x) {
    double scale = 1 / __builtin_sqrt(dot(x, x, EMBD) / EMBD + 1e-5);
    EACH(i, EMBD) y[i] = x[i] * scale;
    return scale;
}
static inline void norm_back(const double *dy, const double *x, double scale, double *dx) {
    double d = dot(dy, x, EMBD) * scale * scale * scale / EMBD;
    EACH(i, EMBD) dx[i] += dy[i] * scale - d * x[i];
}
static inline void softmax(double *y, int n) {
    double largest = y[0], sum = 0;
    EACH(i, n) largest = y[i] > largest ? y[i] : largest;
    int i = 0;
    for (; i + 1 < n; i += 2) *(pair *)(y + i) = exp2lanes(*(pair *)(y + i) - largest);
    if (i < n) y[i] = exp2lanes((pair){y[i] - largest, 0})[0];
    EACH(j, n) sum += y[j];
    sum = 1 / sum;
    EACH(j, n) y[j] *= sum;
}

static double step(const int *t, double learning_rate, double mean_scale, double square_scale) {
    const double *wte = weights, *wpe = wte + VOCAB * EMBD, *lm_head = wpe + BLOCK * EMBD;
    const double root = 1 / __builtin_sqrt(SIZE);
    int n = 1;
    while (n < BLOCK && t[n] != VOCAB - 1) n++;
    double loss = 0;
    EACH(p, n) {
        position *f = frames + p;
        EACH(i, EMBD) f->sum[i] = wte[t[p] * EMBD + i] + wpe[p * EMBD + i];
        double *x = f->layers[0].x;
        f->scale = norm(x, f->sum);
        EACH(l, LAYERS) {
            layer *a = f->layers + l;
            const double *w = lm_head + VOCAB * EMBD + l * PER_LAYER;
            a->scale = norm(a->normed, a->x);
            linear(a->q, w, a->normed, EMBD, EMBD);
            linear(a->k, w + EMBD * EMBD, a->normed, EMBD, EMBD);
            linear(a->v, w + 2 * EMBD * EMBD, a->normed, EMBD, EMBD);
            EACH(h, HEADS) {
                EACH(s, p + 1) a->attention[h][s] = dot(a->q + h * SIZE, frames[s].layers[l].k + h * SIZE, SIZE) * root;
                softmax(a->attention[h], p + 1);
                EACH(i, SIZE) a->mixed[h * SIZE + i] = 0;
                EACH(s, p + 1) add(a->mixed + h * SIZE, a->attention[h][s], frames[s].layers[l].v + h * SIZE, SIZE);
            }
            linear(a->middle, w + 3 * EMBD * EMBD, a->mixed, EMBD, EMBD);
            EACH(i, EMBD) a->middle[i] += a->x[i];
            a->scale2 = norm(a->normed2, a->middle);
            linear(a->hidden, w + 4 * EMBD * EMBD, a->normed2, HIDDEN, EMBD);
            EACH(i, HIDDEN) a->hidden[i] = a->hidden[i] > 0 ? a->hidden[i] : 0;
            x = l + 1 < LAYERS ? f->layers[l + 1].x : f->x;
            linear(x, w + 4 * EMBD * EMBD + HIDDEN * EMBD, a->hidden, EMBD, HIDDEN);
            EACH(i, EMBD) x[i] += a->middle[i];
        }
        linear(f->probs, lm_head, f->x, VOCAB, EMBD);
        softmax(f->probs, VOCAB);
        loss -= logarithm(f->probs[t[p + 1]]) / n;
    }
    __builtin_memset(grads, 0, sizeof grads);
    __builtin_memset(back, 0, n * sizeof *back);
    double *d_wte = grads, *d_wpe = d_wte + VOCAB * EMBD, *d_head = d_wpe + BLOCK * EMBD;
    EACH(p, n) {
        EACH(i, VOCAB) back[p].probs[i] = (frames[p].probs[i] - (i == t[p + 1])) / n;
        linear_back(back[p].probs, lm_head, d_head, frames[p].x, back[p].x, VOCAB, EMBD);
    }
    for (int l = LAYERS - 1; l >= 0; l--)
        for (int p = n - 1; p >= 0; p--) {
            layer *a = frames[p].layers + l, *b = back[p].layers + l;
            const double *w = lm_head + VOCAB * EMBD + l * PER_LAYER;
            double *d = d_head + VOCAB * EMBD + l * PER_LAYER;
            const double *dx = l + 1 < LAYERS ? back[p].layers[l + 1].x : back[p].x;
            const int fc1 = 4 * EMBD * EMBD, fc2 = fc1 + HIDDEN * EMBD;
            linear_back(dx, w + fc2, d + fc2, a->hidden, b->hidden, EMBD, HIDDEN);
            EACH(i, HIDDEN) b->hidden[i] = a->hidden[i] > 0 ? b->hidden[i] : 0;
            linear_back(b->hidden, w + fc1, d + fc1, a->normed2, b->normed2, HIDDEN, EMBD);
            EACH(i, EMBD) b->middle[i] = dx[i];
            norm_back(b->normed2, a->middle, a->scale2, b->middle);
            linear_back(b->middle, w + 3 * EMBD * EMBD, d + 3 * EMBD * EMBD, a->mixed, b->mixed, EMBD, EMBD);
            EACH(h, HEADS) {
                double *da = b->attention[h], mean = 0;
                EACH(s, p + 1) {
                    da[s] = dot(b->mixed + h * SIZE, frames[s].layers[l].v + h * SIZE, SIZE);
                    mean += da[s] * a->attention[h][s];
                    add(back[s].layers[l].v + h * SIZE, a->attention[h][s], b->mixed + h * SIZE, SIZE);
                }
                EACH(s, p + 1) {
                    double score = (da[s] - mean) * a->attention[h][s] * root;
                    add(b->q + h * SIZE, score, frames[s].layers[l].k + h * SIZE, SIZE);
                    add(back[s].layers[l].k + h * SIZE, score, a->q + h * SIZE, SIZE);
                }
            }
            linear_back(b->q, w, d, a->normed, b->normed, EMBD, EMBD);
            linear_back(b->k, w + EMBD * EMBD, d + EMBD * EMBD, a->normed, b->normed, EMBD, EMBD);
            linear_back(b->v, w + 2 * EMBD * EMBD, d + 2 * EMBD * EMBD, a->normed, b->normed, EMBD, EMBD);
            EACH(i, EMBD) b->x[i] = b->middle[i];
            norm_back(b->normed, a->x, a->scale, b->x);
        }
    EACH(p, n) {
        norm_back(back[p].layers[0].x, frames[p].sum, frames[p].scale, back[p].sum);
        add(d_wte + t[p] * EMBD, 1, back[p].sum, EMBD);
        add(d_wpe + p * EMBD, 1, back[p].sum, EMBD);
    }
    for (int i = 0; i < COUNT; i += 2) {
        pair g = *(pair *)(grads + i), m = *(pair *)(mean + i) * 0.85 + 0.15 * g;
        pair v = *(pair *)(square + i) * 0.99 + 0.01 * g * g;
        *(pair *)(mean + i) = m;
        *(pair *)(square + i) = v;
        *(pair *)(weights + i) -= learning_rate * mean_scale * m / ((pair)wasm_f64x2_sqrt((v128_t)(v * square_scale)) + 1e-8);
    }
    return loss;
}

__attribute__((export_name("run"))) void run(int start, int count, double learning_rate, double num_steps) {
    double mean_power = 1, square_power = 1;
    EACH(s, start) { mean_power *= 0.85; square_power *= 0.99; }
    EACH(s, count) {
        mean_power *= 0.85;
        square_power *= 0.99;
        losses[s] = step(tokens[s], learning_rate * (1 - (start + s) / num_steps), 1 / (1 - mean_power),
                         1 / (1 - square_power));
    }
}
