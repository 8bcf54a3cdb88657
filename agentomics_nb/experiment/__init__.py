"""The experiment: its steps, what each must deliver, and the loop that carries them out."""
