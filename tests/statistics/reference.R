# Reference values for the tests of geogame.statistics, by R's own stats package (no other is needed):
#   Rscript tests/statistics/reference.R > tests/statistics/reference.json
# The input stands beside each result, so that the tests need no second copy of it.

number <- function(x) ifelse(is.infinite(x), ifelse(x > 0, "\"inf\"", "\"-inf\""), formatC(x, digits = 17, format = "g"))
row <- function(x) paste0("[", paste(vapply(x, number, ""), collapse = ", "), "]")
entry <- function(...) { given <- list(...); paste0("{", paste0("\"", names(given), "\": ", vapply(given, function(x) if (is.character(x)) x else if (length(x) == 1) number(x) else row(x), ""), collapse = ", "), "}") }
several <- function(entries) paste0("[\n  ", paste(entries, collapse = ",\n  "), "\n ]")

pairs <- list(c(22, 28), c(0, 5), c(7, 7), c(1, 0), c(30, 12), c(480, 560))
sign <- vapply(pairs, function(p) entry(won = p[1], lost = p[2], p = binom.test(p[1], sum(p))$p.value), "")

wilson <- vapply(list(c(28, 50), c(0, 10), c(10, 10), c(3, 17), c(499, 1000)), function(p) {
  ends <- suppressWarnings(prop.test(p[1], p[2], correct = FALSE)$conf.int)
  entry(k = p[1], n = p[2], low = ends[1], high = ends[2])
}, "")
wilson90 <- { ends <- prop.test(28, 50, conf.level = 0.9, correct = FALSE)$conf.int; entry(k = 28, n = 50, low = ends[1], high = ends[2]) }

set.seed(1)
exact <- lapply(c(1, 2, 5, 12, 30, 49), function(n) round(rnorm(n, 0.3), 6))
normal <- list(c(1, -1, 2, 3, -3, 3), c(0, 1.5, -2.5, 3.5, 4.5), round(rnorm(50, 0.2), 6), round(rnorm(80, -0.2), 1), c(-5, -5, 5))
signed_rank <- function(x) entry(differences = if (length(x) == 1) paste0("[", number(x), "]") else row(x), p = suppressWarnings(wilcox.test(x)$p.value))
# A missing answer is an infinite difference; R leaves those out, so it is given one that is beyond all others.
infinite <- c(5, -3, 2, 1e9, -1e9, 1e9, 7, -8, 11, 13)
with_missing <- entry(differences = row(ifelse(abs(infinite) == 1e9, sign(infinite) * Inf, infinite)), p = suppressWarnings(wilcox.test(infinite)$p.value))

medians <- vapply(list(c(3, 1, 2), c(4, 1, 3, 2), c(5), c(1, Inf, 3), c(1, 2, Inf, Inf, 3, 4), c(1, Inf)), function(x) {
  entry(values = if (length(x) == 1) paste0("[", number(x), "]") else row(x), median = median(x), type2 = quantile(x, 0.5, type = 2, names = FALSE))
}, "")

power_of <- function(n, rate, alpha = 0.05) {
  k <- 0:n; significant <- k[2 * pbinom(k, n, 0.5) <= alpha]
  if (length(significant) == 0) return(0)
  pbinom(max(significant), n, rate) + pbinom(n - max(significant) - 1, n, rate, lower.tail = FALSE)
}
power <- vapply(list(c(5, 0.6), c(6, 0.6), c(50, 0.56), c(545, 0.56), c(547, 0.56), c(566, 0.56), c(210, 0.6), c(820, 0.55)),
  function(p) entry(n = p[1], rate = p[2], power = power_of(p[1], p[2])), "")
needed <- vapply(c(0.55, 0.56, 0.60, 0.75), function(rate) {
  powers <- vapply(1:2000, power_of, 0, rate = rate); entry(rate = rate, first = min(which(powers >= 0.8)), from_on = max(which(powers < 0.8)) + 1)
}, "")
normal_formula <- entry(rate = 0.56, n = (qnorm(0.975) + qnorm(0.8))^2 * 0.25 / 0.06^2)

group <- c(1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 4, 5); value <- c(1, 1, 0, 0, 0, 0, 1, 1, 1, 0, 1, 0, 1)
squares <- summary(aov(value ~ factor(group)))[[1]][["Mean Sq"]]
sizes <- table(group); typical <- (sum(sizes) - sum(sizes^2) / sum(sizes)) / (length(sizes) - 1)
icc <- entry(groups = row(group), values = row(value), icc = (squares[1] - squares[2]) / (squares[1] + (typical - 1) * squares[2]))

# Flipped signs: every one of the 2^n ways, counted.
flips <- vapply(list(c(1, 3, -1, 5, 2), c(1, -1), c(5, 3, 3, 1, -1, 1, -3, 5, 1, 1), c(2, 0, 4)), function(x) {
  sums <- as.matrix(expand.grid(rep(list(c(-1, 1)), length(x)))) %*% abs(x)
  entry(lead = row(x), p = mean(abs(sums) >= abs(sum(x))))
}, "")

expanded <- vapply(c(2, 10, 40), function(n) entry(units = n, share = pnorm(-sqrt(n / (n - 1)) * qt(0.975, n - 1))), "")

cat("{\n \"version\": \"", R.version.string, "\",\n", sep = "")
cat(" \"sign_test\": ", several(sign), ",\n \"wilson\": ", several(wilson), ",\n \"wilson_90\": ", wilson90, ",\n", sep = "")
cat(" \"wilcoxon_exact\": ", several(vapply(exact, signed_rank, "")), ",\n \"wilcoxon_normal\": ", several(vapply(normal, signed_rank, "")), ",\n", sep = "")
cat(" \"wilcoxon_missing\": ", with_missing, ",\n \"medians\": ", several(medians), ",\n", sep = "")
cat(" \"power\": ", several(power), ",\n \"needed\": ", several(needed), ",\n \"normal_formula\": ", normal_formula, ",\n", sep = "")
cat(" \"expanded\": ", several(expanded), ",\n", sep = "")
cat(" \"icc\": ", icc, ",\n \"sign_flips\": ", several(flips), "\n}\n", sep = "")
