"""Text columns as counts of words, of runs of letters, or of runs of atoms."""

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

WORDS = r"\w+|[^\w\s]"
# A bracketed atom, a two-letter element or a two-digit ring closure is one token.
ATOMS = r"\[[^\]]*\]|Br|Cl|%\d\d|\S"


def written(rows, column):
    """Return one column as text; an empty or missing text reads "missing"."""
    text = rows[column].astype("string").str.strip().fillna("")
    return text.where(text != "", "missing").tolist()


def words(column, longest=2, features=20_000):
    """Weigh words and phrases of up to `longest` words by tf-idf."""
    return make_pipeline(
        FunctionTransformer(written, kw_args={"column": column}),
        TfidfVectorizer(token_pattern=WORDS, ngram_range=(1, longest), max_features=features, sublinear_tf=True),
    )


def letter_runs(column, shortest=1, longest=4, features=20_000):
    """Weigh runs of letters, such as the k-mers of a sequence; case does not matter."""
    return make_pipeline(
        FunctionTransformer(written, kw_args={"column": column}),
        TfidfVectorizer(analyzer="char", ngram_range=(shortest, longest), max_features=features, sublinear_tf=True),
    )


def atom_runs(column, longest=4, features=20_000):
    """Weigh runs of SMILES tokens; case is kept, since c is aromatic and C is not."""
    return make_pipeline(
        FunctionTransformer(written, kw_args={"column": column}),
        TfidfVectorizer(
            lowercase=False,
            token_pattern=ATOMS,
            ngram_range=(1, longest),
            max_features=features,
            sublinear_tf=True,
        ),
    )
