"""Recipes: prompts as data, loaded from files, filled and put together for each role."""

from stretto.recipes.filling import fill, placeholders
from stretto.recipes.followups import continue_plan, mend_answer, repair_plan, revise_answer
from stretto.recipes.library import DEFAULT_RECIPE, list_recipes, load_recipe, recipe_source_text, recipe_template
from stretto.recipes.markup import PLAN_SCHEMA, plan_schema
from stretto.recipes.prompts import RolePrompt, orchestrator_prompt, synthesis_prompt, verify_recipe, worker_prompt
from stretto.recipes.recipe import Recipe, RecipeSummary

__all__ = [
    "DEFAULT_RECIPE",
    "PLAN_SCHEMA",
    "Recipe",
    "RecipeSummary",
    "RolePrompt",
    "continue_plan",
    "fill",
    "list_recipes",
    "load_recipe",
    "mend_answer",
    "orchestrator_prompt",
    "placeholders",
    "plan_schema",
    "recipe_source_text",
    "recipe_template",
    "repair_plan",
    "revise_answer",
    "synthesis_prompt",
    "verify_recipe",
    "worker_prompt",
]
