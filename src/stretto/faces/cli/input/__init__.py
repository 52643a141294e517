"""What the user hands over: task, context, options, plan files, the editor."""
