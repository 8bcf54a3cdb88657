"""A trained model as a folder that stands alone: what it expects, new rows held against that, and training it again.

``description``
    ``model_description.json``: task, classes, columns and how it was trained
``folder``
    where a model stands: in a run, in a record, or by itself
``acceptance``: ``quantities``, ``foreign_letters``
    what is strange about rows that are to be scored
``program``
    one of its scripts, run confined and without secrets
``retraining``: ``labelled_rows``, ``comparison``
    the same scripts, trained on new labelled rows, and what that is worth
"""
