"""Writes references.json: log densities and functions of the standard library, computed with mpmath at 50 digits.

Run as `python3 references.py > references.json` (mpmath 1.3). Densities follow the textbooks' formulas, not the forms
that the standard library uses. The values in the library's `check` statements come from here.
"""

import json

from mpmath import (acosh, asinh, atan2, atanh, besseli, beta, binomial, cbrt, cos, digamma, exp, gamma, hypot, log, mp, mpf, ncdf, pi,
                    power, psi, rf, sqrt)

mp.dps = 50


def normal(y, mu, sigma):
    return exp(-(((y - mu) / sigma) ** 2) / 2) / (sigma * sqrt(2 * pi))


def student_t(y, nu, mu, sigma):
    z = (y - mu) / sigma
    return gamma((nu + 1) / 2) / (gamma(nu / 2) * sqrt(nu * pi) * sigma) * (1 + z * z / nu) ** (-(nu + 1) / 2)


def cauchy(y, mu, sigma):
    return 1 / (pi * sigma * (1 + ((y - mu) / sigma) ** 2))


def gamma_density(y, a, b):
    return b**a * y ** (a - 1) * exp(-b * y) / gamma(a)


def beta_density(y, a, b):
    return y ** (a - 1) * (1 - y) ** (b - 1) / beta(a, b)


def logistic(x):
    return 1 / (1 + exp(-x))


def binomial_mass(y, n, p):
    return binomial(n, y) * p**y * (1 - p) ** (n - y)


def poisson(y, rate):
    return rate**y * exp(-rate) / gamma(y + 1)


def neg_binomial_2(y, mu, phi):
    return rf(phi, y) / gamma(y + 1) * (mu / (mu + phi)) ** y * (phi / (mu + phi)) ** phi


def neg_binomial(y, a, b):
    return rf(a, y) / gamma(y + 1) * (b / (b + 1)) ** a * (1 / (b + 1)) ** y


def gumbel(y, m, b):
    return exp(-(y - m) / b - exp(-(y - m) / b)) / b


def weibull(y, a, s):
    return a / s * (y / s) ** (a - 1) * exp(-((y / s) ** a))


def lognormal(y, m, s):
    return normal(log(y), m, s) / y


DENSITIES = {
    "normal": (normal, ["mu", "sigma"], [(1, 0, 2), (-3.5, 1.25, 0.1), (1e4, 0.5, 3e3), (0.3, 0.3, 1e-6)]),
    "half_normal": (lambda y, s: 2 * normal(y, 0, s), ["scale"], [(0, 2), (1.5, 0.5), (0.02, 40), (6, 1)]),
    "log_normal": (lambda y, m, s: normal(log(y), m, s) / y, ["mu", "sigma"], [(1, 0, 1), (0.2, -1, 0.3), (1e6, 2, 5), (1e-9, 0, 4)]),
    "student_t": (student_t, ["nu", "mu", "sigma"], [(1, 4, 0, 2), (-7, 1.5, 1, 0.5), (0.1, 1e6, 0, 1), (1e5, 0.3, 2, 3)]),
    "cauchy": (cauchy, ["mu", "sigma"], [(1, 0, 2), (-40, 3, 0.1), (0, 0, 1e-3)]),
    "half_cauchy": (lambda y, s: 2 * cauchy(y, 0, s), ["scale"], [(0, 1), (3, 2.5), (1e6, 0.01)]),
    "gamma": (gamma_density, ["alpha", "beta"], [(1, 2, 3), (0.01, 0.5, 1.5), (40, 400, 10), (1e-5, 1e-3, 2), (1, 1e5, 1e5)]),
    "inv_gamma": (lambda y, a, b: gamma_density(1 / y, a, b) / y**2, ["alpha", "beta"], [(1, 2, 3), (0.1, 0.5, 1.5), (0.025, 400, 10), (7, 3, 1)]),
    "beta": (beta_density, ["alpha", "beta"], [(0.5, 2, 3), (1e-4, 0.5, 0.5), (0.999, 30, 0.1), (0.25, 1e4, 3e4)]),
    "scaled_beta": (lambda y, a, b, l, u: beta_density((y - l) / (u - l), a, b) / (u - l), ["alpha", "beta", "lower", "upper"],
                    [(0.5, 2, 3, -1, 2), (10.25, 0.5, 0.5, 10, 14), (-3, 6, 1.5, -10, 100)]),
    "exponential": (lambda y, b: b * exp(-b * y), ["beta"], [(0, 3), (2, 0.5), (100, 7)]),
    "uniform": (lambda y, l, u: 1 / (u - l), ["lower", "upper"], [(0.5, 0, 1), (-1, -1, 3), (7, 2, 7)]),
    "bernoulli": (lambda y, p: binomial_mass(y, 1, p), ["theta"], [(0, 0.3), (1, 0.3), (1, 1e-9), (0, 1e-9)]),
    "bernoulli_logit": (lambda y, a: binomial_mass(y, 1, logistic(a)), ["alpha"], [(0, 0.7), (1, -2), (1, -80), (0, -30), (1, 3)]),
    "poisson": (poisson, ["lambda"], [(0, 2.5), (3, 2.5), (1000, 950), (1, 1e-6)]),
    "poisson_log": (lambda y, a: poisson(y, exp(a)), ["alpha"], [(0, 1), (3, 0.5), (1000, 7), (2, -20)]),
    "binomial": (binomial_mass, ["n", "theta"], [(3, 10, 0.3), (0, 5, 0.2), (900, 1000, 0.95), (0, 0, 0.4), (100000, 300000, 0.333)]),
    "binomial_logit": (lambda y, n, a: binomial_mass(y, n, logistic(a)), ["n", "alpha"], [(3, 10, -0.5), (0, 5, 1), (900, 1000, 2), (40, 40, 30)]),
    "neg_binomial_2": (neg_binomial_2, ["mu", "phi"], [(0, 3, 2), (7, 3, 0.5), (2000, 1800, 30), (5, 4, 1e6)]),
    "geometric": (lambda y, p: p * (1 - p) ** y, ["theta"], [(0, 0.3), (7, 0.25), (1000, 1e-3)]),
    "beta_binomial": (lambda y, n, a, b: binomial(n, y) * beta(y + a, n - y + b) / beta(a, b), ["n", "alpha", "beta"],
                      [(3, 10, 2, 3), (0, 5, 0.5, 0.7), (700, 1000, 40, 20)]),
    "gumbel": (gumbel, ["mu", "beta"], [(1, 0, 2), (-3, 1, 0.8), (50, 10, 3)]),
    "double_exponential": (lambda y, m, s: exp(-abs(y - m) / s) / (2 * s), ["mu", "sigma"], [(1, 0, 2), (-3, 1, 0.1), (5, 5, 0.01)]),
    "laplace": (lambda y, m, s: exp(-abs(y - m) / s) / (2 * s), ["mu", "sigma"], [(1, 0, 2), (-3, 1, 0.1), (5, 5, 0.01)]),
    "lognormal": (lognormal, ["mu", "sigma"], [(1, 0, 1), (0.2, -1, 0.3), (1e6, 2, 5)]),
    "logistic": (lambda y, m, s: exp(-(y - m) / s) / (s * (1 + exp(-(y - m) / s)) ** 2), ["mu", "sigma"], [(1, 0, 2), (-30, 1, 0.1), (5, 5, 0.01)]),
    "weibull": (weibull, ["alpha", "sigma"], [(1, 2, 3), (0.01, 0.5, 1.5), (12, 5, 10)]),
    "frechet": (lambda y, a, s: weibull(1 / y, a, 1 / s) / y**2, ["alpha", "sigma"], [(1, 2, 3), (0.3, 0.5, 1.5), (12, 5, 10)]),
    "loglogistic": (lambda y, a, b: b / a * (y / a) ** (b - 1) / (1 + (y / a) ** b) ** 2, ["alpha", "beta"], [(1, 2, 3), (0.01, 0.5, 1.5), (12, 5, 10)]),
    "von_mises": (lambda y, m, k: exp(k * cos(y - m)) / (2 * pi * besseli(0, k)), ["mu", "kappa"], [(1, 0.5, 2), (-3, 3, 40), (0.25, 100, 0.01), (0.001, 0, 1e4)]),
    "half_student_t": (lambda y, nu, s: 2 * student_t(y, nu, 0, s), ["nu", "scale"], [(1, 4, 2), (7, 1.5, 0.5), (0, 30, 1)]),
    "neg_binomial": (neg_binomial, ["alpha", "beta"], [(0, 3, 2), (7, 0.5, 0.1), (2000, 30, 0.016)]),
    "neg_binomial_logit": (lambda y, n, t: rf(n, y) / gamma(y + 1) * logistic(t) ** y * (1 - logistic(t)) ** n, ["total_count", "logits"],
                           [(0, 3, -0.5), (7, 0.5, 2), (150, 132.5, 0.1)]),
    "neg_binomial_2_log": (lambda y, e, phi: neg_binomial_2(y, exp(e), phi), ["eta", "phi"], [(0, 1, 2), (7, 1.5, 0.5), (2000, 7.5, 30)]),
    "pareto": (lambda y, m, a: a * m**a / y ** (a + 1), ["y_min", "alpha"], [(1.5, 1, 2), (0.1, 0.1, 0.5), (1e6, 3, 1)]),
    "pareto_type_2": (lambda y, m, l, a: a / l * (1 + (y - m) / l) ** (-a - 1), ["mu", "lambda", "alpha"], [(1.5, 1, 2, 3), (-4, -4, 0.1, 0.5), (1e6, 3, 10, 1)]),
    "skew_normal": (lambda y, x, w, a: 2 * normal(y, x, w) * ncdf(a * (y - x) / w), ["xi", "omega", "alpha"], [(1, 0, 2, 3), (-3, 1, 1, 5), (4, 3, 0.5, -2)]),
    "exp_mod_normal": (lambda y, m, s, l: l * exp(l * (m - y) + (l * s) ** 2 / 2) * ncdf((y - m) / s - l * s), ["mu", "sigma", "lambda"],
                       [(1, 0, 2, 3), (-3, 1, 0.5, 0.2), (40, 3, 2, 0.5)]),
    "rayleigh": (lambda y, s: y / s**2 * exp(-((y / s) ** 2) / 2), ["sigma"], [(1, 2), (0.01, 0.5), (9, 1)]),
    "chi_square": (lambda y, n: gamma_density(y, n / 2, mpf(1) / 2), ["nu"], [(1, 2), (0.01, 0.5), (110, 100)]),
    "inv_chi_square": (lambda y, n: gamma_density(1 / y, n / 2, mpf(1) / 2) / y**2, ["nu"], [(1, 2), (0.3, 0.5), (0.011, 100)]),
    "scaled_inv_chi_square": (lambda y, n, s: gamma_density(1 / y, n / 2, n * s**2 / 2) / y**2, ["nu", "sigma"], [(1, 2, 3), (0.3, 0.5, 0.1), (4.1, 100, 2)]),
    "beta_proportion": (lambda y, m, k: beta_density(y, m * k, (1 - m) * k), ["mu", "kappa"], [(0.5, 0.25, 8), (1e-4, 0.5, 1), (0.999, 0.99, 30)]),
    "std_normal": (lambda y: normal(y, 0, 1), [], [(0,), (1.5,), (-30,)]),
    "discrete_range": (lambda y, l, u: 1 / (u - l + 1), ["lower", "upper"], [(3, 0, 9), (-2, -2, -2), (1, 1, 6)]),
    "reflected_log_normal": (lambda y, m, s, u: lognormal(u - y, m, s), ["mu", "sigma", "upper"], [(-1, 0, 1, 0.5), (-5.1, -1, 0.3, -5), (-1e6, 2, 5, 100)]),
    "shifted_log_normal": (lambda y, m, s, l: lognormal(y - l, m, s), ["mu", "sigma", "lower"], [(1, 0, 1, 0.5), (-4.9, -1, 0.3, -5), (1e6, 2, 5, 100)]),
    "scaled_logit_normal": (lambda y, m, s, l, u: normal(log((y - l) / (u - y)), m, s) * (u - l) / ((y - l) * (u - y)), ["mu", "sigma", "lower", "upper"], [(0.5, 0, 1, 0, 1), (3, 0.5, 1.5, 2, 6), (-4.9, -3, 0.2, -5, 10)]),
}

ANGLES = [(0, 1), (1, 0), (-1, 0), (0, -1), (1, -1), (-2, -3), (1e-3, 5), (-4, 7)]
FUNCTIONS = {
    "logit": (lambda u: log(u / (1 - u)), [(0.3,), (1e-12,), (0.999,)]),
    "log_inv_logit": (lambda x: log(logistic(x)), [(0.3,), (-500,), (40,)]),
    "log1m_inv_logit": (lambda x: log(1 / (1 + exp(x))), [(0.3,), (-50,), (40,)]),
    "log1m": (lambda x: log(1 - x), [(1e-15,), (0.5,), (-3,)]),
    "log1m_exp": (lambda x: log(1 - exp(x)), [(-1e-12,), (-0.69,), (-0.7,), (-40,)]),
    "log_sum_exp": (lambda x, y: log(exp(x) + exp(y)), [(1, 2), (-1000, -1001), (3, -50)]),
    "log_diff_exp": (lambda x, y: log(exp(x) - exp(y)), [(2, 1), (-1000, -1001), (3, 2.999999)]),
    "log_mix": (lambda t, a, b: log(t * exp(a) + (1 - t) * exp(b)), [(0.3, -1, -2), (0.999, -50, -3), (0, -1, -2), (1, -1, -2)]),
    "inv_cloglog": (lambda x: 1 - exp(-exp(x)), [(0.3,), (-30,), (3,)]),
    "cloglog": (lambda p: log(-log(1 - p)), [(0.3,), (1e-12,), (0.99,)]),
    "inv": (lambda x: 1 / x, [(3,)]),
    "inv_sqrt": (lambda x: 1 / sqrt(x), [(3,)]),
    "inv_square": (lambda x: 1 / x**2, [(3,)]),
    "cbrt": (lambda x: cbrt(x) if x >= 0 else -cbrt(-x), [(27,), (-8,), (0.1,), (0,)]),
    "hypot": (hypot, [(3, -4), (1e200, 1e200), (0, 0), (0, 2)]),
    "exp2": (lambda x: power(2, x), [(0.5,), (-10,)]),
    "log2": (lambda x: log(x, 2), [(8,), (0.3,)]),
    "log10": (lambda x: log(x, 10), [(1000,), (0.3,)]),
    "fma": (lambda x, y, z: x * y + z, [(2, 3, 4)]),
    "fdim": (lambda x, y: max(x - y, 0), [(2, 3), (3, 2)]),
    "step": (lambda x: 0 if x < 0 else 1, [(-0.1,), (0,), (2,)]),
    "multiply_log": (lambda x, y: 0 if x == 0 else x * log(y), [(0, 0), (2, 3)]),
    "asinh": (asinh, [(0.5,), (-1e-9,), (1e6,), (0,)]),
    "acosh": (acosh, [(1,), (1.5,), (1e6,)]),
    "atanh": (atanh, [(0.5,), (-1e-9,), (0.999,)]),
    "atan2": (atan2, ANGLES),
    "tgamma": (gamma, [(5,), (0.3,)]),
    "lbeta": (lambda a, b: log(beta(a, b)), [(2, 3), (0.1, 50), (1e6, 2e6), (1e8, 0.5)]),
    "lchoose": (lambda n, k: log(binomial(n, k)), [(10, 3), (5, 0), (5, 5), (10**8, 3), (10**6, 4 * 10**5)]),
    "log_minus_digamma": (lambda a: log(a) - digamma(a), [(0.01,), (1,), (19.9,), (20.1,), (1e6,)]),
    "trigamma_excess": (lambda a: a * (a * psi(1, a) - 1), [(0.01,), (1,), (19.9,), (20.1,), (1e6,)]),
    "Phi_approx": (lambda x: logistic(mpf(0.07056) * x**3 + mpf(1.5976) * x), [(0.3,), (-2,)]),
    "log_Phi": (lambda x: log(ncdf(x)), [(3,), (0,), (-9.99,), (-10.01,), (-50,), (-1e4,)]),
    "euler_gamma": (lambda: mp.euler, [()]),
    "wrap_angle": (lambda x: mp.atan2(mp.sin(x), mp.cos(x)), [(3,), (-4,), (100,), (0,)]),
    "double_exponential_quantile": (lambda u: log(2 * u) if u < 0.5 else -log(2 - 2 * u), [(1e-9,), (0.25,), (0.5,), (0.99,)]),
    "cauchy_quantile": (lambda u: -1 / mp.tan(pi * u), [(0.25,), (1e-9,), (0.75,), (1 - 2.0**-24,)]),
    "half_cauchy_quantile": (lambda u: mp.tan(pi * u / 2), [(0.5,), (1e-9,), (0.25,), (1 - 2.0**-24,)]),
}


def exact(values):
    return [mpf(v) for v in values]


densities = [
    {"family": family, "args": dict(zip(["y", *names], point)), "value": float(log(density(*exact(point))))}
    for family, (density, names, points) in DENSITIES.items()
    for point in points
]
functions = [
    {"function": name, "args": list(point), "value": float(f(*exact(point)))}
    for name, (f, points) in FUNCTIONS.items()
    for point in points
]
rows = lambda table: "[\n" + ",\n".join("    " + json.dumps(row) for row in table) + "\n  ]"
print(f'{{\n  "densities": {rows(densities)},\n  "functions": {rows(functions)}\n}}')
