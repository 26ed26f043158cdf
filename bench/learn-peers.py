# The other libraries of learn.ts on one table: scikit-learn and XGBoost of Debian, one thread.
# Arguments: folder, table, target, positive value, column to leave out (or nothing), library. Prints one object a model.
import json, resource, sys, time
import numpy as np, pandas as pd

folder, name, target, positive, leave_out, library = sys.argv[1:7]
table = pd.read_csv(f"{folder}/{name}/{name}.csv", skipinitialspace=True)
split = pd.read_csv(f"{folder}/{name}/split.csv")
train = np.zeros(len(table), bool)
train[split.row[split.fold == "train"]] = True
y = (table[target].astype(str).str.strip().str.lower() == positive.lower()).astype(int).values
X = table.drop(columns=[target] + [c for c in leave_out.split(",") if c])
for column in X:
    if X[column].dtype == object:
        numbers = pd.to_numeric(X[column].replace(r"^\s*$", np.nan, regex=True), errors="coerce")
        if numbers.notna().mean() > 0.9:
            X[column] = numbers
categories = [c for c in X if X[c].dtype == object or X[c].dtype == bool]
for column in categories:
    known = {value: code for code, value in enumerate(sorted(X[column][train].astype(str).unique()))}
    X[column] = X[column].astype(str).map(known)
at = [X.columns.get_loc(c) for c in categories]


def measure(label, make, times):
    from sklearn.metrics import log_loss, roc_auc_score
    spent = []
    for _ in range(times):
        model = make()
        start, before = time.perf_counter(), time.process_time()
        model.fit(X[train], y[train])
        spent.append((time.process_time() - before, time.perf_counter() - start))
    said = model.predict_proba(X[~train])[:, 1]
    print(json.dumps({
        "model": label,
        "trees": int(getattr(model, "n_iter_", 0)) or None,
        "seconds": sorted(spent)[len(spent) // 2][1],
        "cpuSeconds": sorted(spent)[len(spent) // 2][0],
        "logLoss": log_loss(y[~train], said),
        "auc": roc_auc_score(y[~train], said),
        "maxRssMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }), flush=True)


if library == "sklearn":
    from sklearn.ensemble import HistGradientBoostingClassifier as Boosting
    measure("HistGradientBoosting, default", lambda: Boosting(categorical_features=at, early_stopping=False), 3)
    measure(
        "HistGradientBoosting, early stopped",
        lambda: Boosting(categorical_features=at, early_stopping=True, max_iter=1000, random_state=0),
        1,
    )
else:
    from xgboost import XGBClassifier
    measure("XGBoost hist, 100 × depth 6", lambda: XGBClassifier(
        n_estimators=100, max_depth=6, learning_rate=0.1, tree_method="hist", n_jobs=1, verbosity=0), 3)
