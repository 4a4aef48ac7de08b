# Moderated t of limma, for tests: limma.R LOGS SAMPLES BLOCK OUT
#
# LOGS is a CSV with a row a sample and a column an ion; SAMPLES has the columns sample, condition
# and block; the contrast is the second condition of the table less the first.
suppressMessages(library(limma))
arguments <- commandArgs(trailingOnly = TRUE)
logs <- t(as.matrix(read.csv(arguments[1], row.names = 1, check.names = FALSE)))
samples <- read.csv(arguments[2], stringsAsFactors = FALSE)
condition <- factor(samples$condition, levels = unique(samples$condition))
if (arguments[3] == "block") {
    block <- factor(samples$block, levels = unique(samples$block))
    design <- model.matrix(~ 0 + condition + block)
} else {
    design <- model.matrix(~ 0 + condition)
}
weights <- rep(0, ncol(design))
weights[1:2] <- c(-1, 1)
# With missing values errors of contrasts need a design of their own: the second condition less the
# first is a coefficient.
design <- cbind(second = design[, 2], all = 1, design[, -(1:2), drop = FALSE])
fit <- suppressWarnings(eBayes(lmFit(logs, design)))
half <- qt(0.975, fit$df.total) * fit$stdev.unscaled[, 1] * sqrt(fit$s2.post)
found <- data.frame(
    ion = rownames(logs), difference = fit$coefficients[, 1], t = fit$t[, 1], p = fit$p.value[, 1],
    q = p.adjust(fit$p.value[, 1], method = "BH"), df = fit$df.total,
    low = fit$coefficients[, 1] - half, high = fit$coefficients[, 1] + half
)
found$prior_df <- fit$df.prior[1]
found$prior_variance <- fit$s2.prior[1]
write.csv(format(found, digits = 17, trim = TRUE), arguments[4], row.names = FALSE, quote = FALSE)
