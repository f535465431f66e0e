"""English words that carry the form of a question and not its matter."""

FUNCTION_WORDS = frozenset(
    "a about above after again all also am an and any are aren as at be because been before being below between both "
    "but by can cannot could couldn d did didn do does doesn doing don down during each else ever exactly few for "
    "from further get give given had hadn has hasn have haven having he her here hers herself him himself his how i "
    "if in into is isn it its itself just know let like ll m many may me might mean more most much must my myself "
    "name no nor not now of off on once one only or other our ours ourselves out over own please re s same shall she "
    "should shouldn so some such t tell than that the their theirs them themselves then there these they this those "
    "through to too under until up upon us ve very was wasn we were weren what when where whether which while who "
    "whom whose why will with won would wouldn you your yours yourself yourselves according article author document "
    "documents text texts say says said tell told happen happened compare compared put each mr mrs ms dr".split()
)
