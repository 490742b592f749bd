"""A person's pictures, and what may happen to each.

- active: in the history, may be chosen; shown if it is the current one.
- removed: by the person (undo within `undo_time`) or by staff (locked). Not shown.
- withdrawn: the right to show it was lost. What is shown instead is the person's policy (`profiles.models.display`):
  the earlier picture, none, or this one without its mark.
- doubted: the right may just have been lost; the mark is off until that is known.
- offered: the right is back, and the person is asked whether to show it again.
"""
