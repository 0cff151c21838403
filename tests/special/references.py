"""Writes references.json: values of the special functions to 17 digits, computed with mpmath at 60 digits.

Run as `python3 references.py > references.json` (mpmath 1.3). Every argument is a float64, taken exactly.
"""

import json

from mpmath import (besseli, cos, digamma, erf, erfc, erfinv, exp, findroot, gammainc, inf, loggamma, log, log1p, mp, mpf, ncdf, psi,
                    quad, sqrt, tanh)

mp.dps = 60

POSITIVE = [1e-300, 1e-30, 1e-6, 1e-3, 0.01, 0.1, 0.3, 0.49, 0.51, 0.9, 0.999, 0.9999999, 1.0000001, 1.001, 1.2, 1.4616,
            1.49, 1.51, 1.75, 1.9999, 2.00001, 2.3, 2.49, 2.51, 3, 3.7, 5.5, 7.99, 8, 9.99, 10, 10.01, 15, 27.3, 100,
            1234.5, 1e4, 1e6, 1e9, 1e15]
REAL = [-40, -38, -30.123, -20, -13, -8.5, -6.1, -5, -4.2, -3.3, -2.1, -1.5, -1.01, -0.99, -0.76, -0.74, -0.51, -0.49,
        -0.2, -1e-3, -1e-9, 0, 1e-12, 1e-5, 0.1, 0.3, 0.499, 0.501, 0.7, 0.9, 1, 1.1, 1.7, 2.5, 3.1, 4.4, 5.7, 6.3,
        8.1, 11.2, 15.5, 20.7, 26.1]
UNIT = [1e-300, 1e-100, 1e-30, 1e-15, 2.0**-24, 1e-5, 0.001, 0.02, 0.07, 0.0749, 0.0751, 0.2, 0.4, 0.499999, 0.5,
        0.500001, 0.6, 0.8, 0.924, 0.926, 0.99, 0.99999, 1 - 2.0**-24, 1 - 1e-12]

GAMMA_SHAPES = [0.05, 0.3, 0.5, 1, 1.7, 8, 20, 150.5, 1e4, 1e6]
BETA_SHAPES = [0.05, 0.5, 1, 2.5, 60, 1e4]
CONCENTRATIONS = [1e-6, 0.1, 1.0, 2.4, 7.0, 10.4, 10.6, 30.0, 49.0, 51.0, 400.0, 1e5]

# Largest first argument for which the brute-force search below is quick.
RATES = [0.01, 0.5, 3.0, 9.9, 10.1, 30.0, 151.5, 1e4, 1e6]
BINOMIALS = [(1, 0.3), (5, 0.9), (20, 1e-3), (20, 0.5), (60, 0.97), (100, 0.2), (1000, 0.011), (5000, 0.43), (10**6, 0.75)]
LEVELS = [1e-12, 2.0**-24, 1e-6, 1e-3, 0.01, 0.2, 0.3, 0.5, 0.77, 0.95, 0.99, 1 - 1e-6, 1 - 2.0**-24]


def inverse_normal(u):
    """Newton's steps on the logarithm of the distribution function, which is concave."""
    u = mpf(u)
    x = -sqrt(-2 * log(u)) if u < 1e-10 else sqrt(2) * erfinv(2 * u - 1)
    for _ in range(60):
        step = log(ncdf(x) / u) * ncdf(x) / (exp(-x * x / 2) / sqrt(2 * mp.pi))
        x -= step
        if abs(step) < mpf(10) ** -45:
            break
    return x


def von_mises_quantile(u, kappa):
    """The root of the integral of the density, by bisection and then secants."""
    if u > mpf(1) / 2:
        return -von_mises_quantile(1 - u, kappa)
    if u == mpf(1) / 2:
        return mpf(0)
    mp.dps = 25
    total = 2 * mp.pi * besseli(0, kappa) * exp(-kappa)
    mass = lambda a, b: quad(lambda t: exp(kappa * (cos(t) - 1)), [a + (b - a) * i / 8 for i in range(9)]) / total
    start = max(-mp.pi, -mpf(60) / sqrt(kappa)) if kappa > 400 else -mp.pi
    low, high = start, mpf(0)
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (low, middle) if mass(start, middle) >= u else (middle, high)
    root = findroot(lambda x: log(mass(start, x) / u), (low, high), solver="anderson", tol=mpf(10) ** -36)
    mp.dps = 60
    return root


SHAPES = [0.05, 0.1, 0.3, 0.5, 0.99, 1, 1.7, 3.3, 7.99, 8, 20, 150.5, 1e4, 1e6]


def gamma_near_quantile(a, u):
    """Roughly the quantile of the gamma distribution: Wilson and Hilferty's, or the power law near zero."""
    x = a * (1 - mpf(1) / (9 * a) + inverse_normal(u) / (3 * sqrt(mpf(a)))) ** 3
    return x if a > 1 and x > 0 else exp((log(u) + loggamma(mpf(a) + 1)) / a)


def gamma_slope(a, z):
    """-(dF/da) / p by a central difference of the regularised lower or upper incomplete gamma function."""
    h = mpf(10) ** -20
    tail = lambda s: gammainc(s, 0, z, regularized=True) if z < a else -gammainc(s, z, inf, regularized=True)
    return -(tail(a + h) - tail(a - h)) / (2 * h) / exp((a - 1) * log(z) - z - loggamma(a))


def lower_gamma(a, z):
    """The regularised lower incomplete gamma function, by its series."""
    total = term = mpf(1)
    n = 0
    while term > mpf(10) ** -60 * total:
        n += 1
        term *= z / (a + n)
        total += term
    return total * exp(a * log(z) - z - loggamma(a + 1))


def log_beta_kernel(a, b, w):
    return -a * log1p(exp(-w)) - b * log1p(exp(w)) - (loggamma(a) + loggamma(b) - loggamma(a + b))


def incomplete_beta(a, b, w):
    """The regularised incomplete beta function at the log odds w, by its series; of the other tail above even odds."""
    if w > 0:
        return 1 - incomplete_beta(b, a, -w)
    x = 1 / (1 + exp(-w))
    total = term = mpf(1)
    n = 0
    while term > mpf(10) ** -60 * total:
        term *= (a + b + n) / (a + 1 + n) * x
        n += 1
        total += term
    return total * exp(log_beta_kernel(a, b, w)) / a


def beta_rows(a, b, spreads):
    """Values at a place so many standard deviations of the log odds from their mean."""
    a, b = mpf(a), mpf(b)
    w = float(digamma(a) - digamma(b) + spreads * sqrt(psi(1, a) + psi(1, b)))
    if abs(w) > 300:
        return
    below = incomplete_beta(a, b, mpf(w))
    kernel = log_beta_kernel(a, b, mpf(w))
    yield "log_beta_kernel", [a, b, w], kernel
    if below > 1e-30:
        yield "log_inc_beta", [a, b, w], log(below)
    if 1e-10 < below < 1 - 1e-10:
        h = mpf(10) ** -20
        slope = -(incomplete_beta(a + h, b, mpf(w)) - incomplete_beta(a - h, b, mpf(w))) / (2 * h)
        yield "beta_quantile_slope", [a, b, w], slope / exp(kernel)
        u = float(below)
        # The quantile of the rounded probability, from a place so close that one of Newton's steps is exact.
        yield "beta_quantile", [u, a, b], w + (mpf(u) - below) / exp(kernel)


def smallest(cdf, u, guess, highest):
    """The smallest y with cdf(y) >= u, by steps that double and then halve."""
    low, width = max(-1, int(guess)), 1
    while low >= 0 and cdf(low) >= u:
        low, width = max(-1, low - width), 2 * width
    high, width = low + 1, 1
    while high < highest and cdf(high) < u:
        low, high, width = high, min(highest, high + width), 2 * width
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if cdf(middle) >= u else (middle, high)
    return high


def binomial_cdf(y, n, p):
    """The sum of the masses from y away from the mean, or 1 less that."""
    step = -1 if y < n * p else 1
    at = y if step < 0 else y + 1
    if at > n:
        return mpf(1)
    mass = exp(loggamma(n + 1) - loggamma(at + 1) - loggamma(n - at + 1) + at * log(p) + (n - at) * log(1 - p))
    total = mass
    while mass > mpf(10) ** -55 * total:
        mass *= at * (1 - p) / ((n - at + 1) * p) if step < 0 else (n - at) * p / ((at + 1) * (1 - p))
        at += step
        total += mass
    return total if step < 0 else 1 - total


def rows():
    for x in POSITIVE:
        yield "lgamma", [x], loggamma(mpf(x))
        yield "digamma", [x], digamma(mpf(x))
        if x > 1e-150:
            yield "trigamma", [x], psi(1, mpf(x))
        if 1e-20 < x <= 1e6:
            yield "log_bessel_i0", [x], log(besseli(0, mpf(x)))
            yield "bessel_ratio", [x], besseli(1, mpf(x)) / besseli(0, mpf(x))
        for a in [0, 1e-3, 0.5, 1, 3, 10, 250, 1e5, 1e8]:
            yield "lgamma_delta", [x, a], loggamma(mpf(x) + mpf(a)) - loggamma(mpf(x))
    for a in SHAPES:
        for u in [1e-6, 1e-3, 0.1, 0.5, 0.9, 0.999, 1 - 1e-6]:
            z = float(gamma_near_quantile(a, u))
            if z > 1e-250:
                yield "gamma_quantile_slope", [a, z], gamma_slope(mpf(a), mpf(z))
    for a in GAMMA_SHAPES:
        for ratio in [1e-8, 0.05, 0.7, 0.99, 1.0, 1.01, 1.2, 2]:
            z = mpf(a * ratio)
            if abs(ratio - 1) * a**0.5 > 60:
                continue
            below = lower_gamma(mpf(a), z)
            kernel = a * log(z) - z - loggamma(mpf(a))
            yield "log_gamma_kernel", [a, z], kernel
            yield "log_gamma_p", [a, z], log(below)
            if below < 1 - mpf(10) ** -30:
                yield "log_gamma_q", [a, z], log(1 - below)
            if 1e-10 < below < 1 - 1e-10:
                u = float(below)
                yield "gamma_quantile", [u, a], z * exp((mpf(u) - below) / exp(kernel))
    for a in BETA_SHAPES:
        for b in BETA_SHAPES:
            for spreads in [-6, -2, 0.3, 1, 4]:
                yield from beta_rows(a, b, spreads)
    for n in range(1, 6):
        for x in [1e-3, 0.1, 1, 2.5, 7, 13, 30, 1e3, 1e6]:
            yield "polygamma", [n, x], psi(n, mpf(x))
    for u in [1e-6, 0.01, 0.3, 0.77, 0.99, 1 - 1e-6]:
        for shape, odds in [(0.05, -2), (0.5, -5), (3, 0.5), (30, 3), (200, -1.5)]:
            cdf = lambda y: mpf(0) if y < 0 else incomplete_beta(mpf(shape), mpf(y + 1), mpf(odds))
            yield "neg_binomial_quantile", [u, shape, odds], smallest(cdf, u, 0, 10**9)
    for x in REAL:
        yield "erf", [x], erf(mpf(x))
        yield "erfc", [x], erfc(mpf(x))
        yield "Phi", [x], erfc(-mpf(x) / sqrt(2)) / 2
        yield "inv_logit", [x], 1 / (1 + exp(-mpf(x)))
        yield "log1p_exp", [x], log1p(exp(mpf(x)))
        yield "tanh", [x], tanh(mpf(x))
    for u in UNIT:
        yield "inv_Phi", [u], inverse_normal(u)
        for kappa in CONCENTRATIONS:
            if 1e-4 < u < 1 - 1e-4:
                yield "von_mises_quantile", [u, kappa], von_mises_quantile(mpf(u), mpf(kappa))
    for u in LEVELS:
        for rate in RATES:
            mean = mpf(rate)
            guess = mean + sqrt(mean) * inverse_normal(u)
            yield "poisson_quantile", [u, rate], smallest(lambda y: gammainc(y + 1, mean, regularized=True), u, guess, 10**9)
        for n, theta in BINOMIALS:
            p = mpf(theta)
            guess = min(n - 1, n * p + sqrt(n * p * (1 - p)) * inverse_normal(u))
            yield "binomial_quantile", [u, n, theta], smallest(lambda y: binomial_cdf(y, n, p), u, guess, n)


table = [{"op": op, "args": [float(a) for a in args], "value": float(value)} for op, args, value in rows()]
print("[\n" + ",\n".join("  " + json.dumps(row) for row in table) + "\n]")
